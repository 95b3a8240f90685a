import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Answers each client with the client's address. Each argument is a `protocol address port` to listen on. */
for (const argument of process.argv.slice(2)) {
  const [protocol, address = '', port] = argument.split(' ');
  if (protocol === 'udp') {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (_, from) => socket.send(from.address, from.port, from.address));
    await once(socket.bind(Number(port), address), 'listening');
  } else {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(socket.remoteAddress ?? '');
    });
    await once(server.listen({ host: address, port: Number(port), ipv6Only: true }), 'listening');
  }
}
console.log('listening');

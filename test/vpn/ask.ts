import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';

/** `ask.ts tcp|udp address port` prints the answer from that address, or `nothing`. */
const [protocol, address = '', port] = process.argv.slice(2);
const end = (text: string): never => {
  console.log(text);
  process.exit();
};
setTimeout(end, 1500, 'nothing');
if (protocol === 'udp') {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => end('nothing')).on('message', (text) => end(text.toString()));
  socket.send('who am I?', Number(port), address);
} else {
  const socket = createConnection({ host: address, port: Number(port) });
  socket.on('error', () => end('nothing')).on('data', (text) => end(text.toString()));
}

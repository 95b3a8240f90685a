import { type HandshakeOptions, shakeHands } from '#src/vpn/handshake.ts';

/** `shake-hands.ts <options as JSON>` makes the service's own handshake and prints the result. */
const options: HandshakeOptions = JSON.parse(process.argv[2] ?? '');
console.log(JSON.stringify(await shakeHands(options, AbortSignal.timeout(15_000))));

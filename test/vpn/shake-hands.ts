import { type HandshakeOptions, shakeHands } from '#src/vpn/handshake.ts';

/** Our own handshake, with the options in its argument as JSON; prints its answer. */
const options: HandshakeOptions = JSON.parse(process.argv[2] ?? '');
console.log(JSON.stringify(await shakeHands(options, AbortSignal.timeout(15_000))));

import { type ShakeOptions, shakeHands } from '../shake-hands.ts';

/** `shake-hands.ts <options as JSON>` makes the service's own handshake and prints the result. */
const options: ShakeOptions = JSON.parse(process.argv[2] ?? '');
console.log(JSON.stringify(await shakeHands(options)));

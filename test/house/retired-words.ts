/**
 * Words with several meanings, and names that hid an effect. docs/how-it-works.md has the words in use. A retired word
 * counts as a whole word of a name: `toldSince` has `told`, `wordsOf` has `words`.
 */
const words = ['tell', 'tells', 'told', 'words', 'leave', 'leaves', 'patience', 'patient', 'know', 'vouch', 'hurry'];

/** Retired as whole names, also of files; their words may be used. */
const names = [
  'known',
  'knownOf',
  'leftoverOf',
  'keepOldest',
  'letGo',
  'namingOf',
  'takeOver',
  'introduce',
  'lookAround',
  'Answered',
  'Commanded',
  'Asker',
  'Happening',
  'Place',
  'Site',
  'Parts',
  'Wiring',
  'survived',
  'notLive',
  'remembered',
  'quote',
  'keptFile',
  'withinTime',
];

const fileNames = names.map((name) => `${partsOf(name).join('-')}.ts`);

/** A name of the program, or that of a file, which ends with `.ts`. */
export function isRetired(name: string): boolean {
  return names.includes(name) || fileNames.includes(name) || partsOf(name).some((word) => words.includes(word));
}

/** `readCheckpoint`, `read-checkpoint` and `READ_CHECKPOINT` have the words read and checkpoint. */
function partsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.toLowerCase());
}

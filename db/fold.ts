/**
 * The form in which two customers are compared: composed (Unicode's NFC), in lower case. People type an e-mail address
 * in capitals, and some systems send `é` as an e and an accent.
 */
export function folded(text: string): string {
  // A letter in lower case may have a composed form with the accent behind it that its capital lacks.
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

/** For the column: null if the text already has that form, as nearly all have. */
export function foldedIfOther(text: string): string | null {
  const form = folded(text);
  return form === text ? null : form;
}

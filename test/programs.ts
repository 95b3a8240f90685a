import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether PATH has an executable of this name. */
export function hasProgram(name: string): boolean {
  return programsNamed(name).length > 0;
}

/** Every executable of this name in PATH. */
export function programsNamed(name: string): string[] {
  const files = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return files.filter((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Their files wait for processes, some for minutes. The demo and the starts come first: they must be over in time, and
 * browsers beside them can take the whole processor.
 */
const long = ['/test/src/demo/', '/test/src/start/', '/test/flows/', '/test/browser/', '/test/queues/payments/lives'];

/** Starts the files that take longest first, so that short ones fill the end of the run. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId }: TestSpecification) => {
      const index = long.findIndex((part) => moduleId.includes(part));
      return index === -1 ? long.length : index;
    };
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

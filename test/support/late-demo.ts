import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Runs first what can begin at once, and what needs the demo company when that has had its time to come up. */
export class LateDemo extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    const waits = ({ project }: TestSpecification) => Number(project.name === 'acceptance');
    return usual.sort((one, other) => waits(one) - waits(other));
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBugs, withBug } from './seeded-bug.js';

const ROOT = join(import.meta.dirname, '../..');

/** `npm run test:seeded` runs the tests of each bug, which takes minutes. This suite only detects changed code. */
describe('seeded bugs', () => {
  it('replace code that occurs exactly once', async () => {
    const problems: string[] = [];
    for (const bug of await loadBugs()) {
      try {
        withBug(readFileSync(join(ROOT, bug.file), 'utf8'), bug);
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    expect(problems).toEqual([]);
  });

  it('name tests that exist', async () => {
    const missing = (await loadBugs()).flatMap(({ name, tests }) =>
      tests.filter((path) => !existsSync(join(ROOT, path))).map((path) => `${name}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('have unique titles', async () => {
    const titles = (await loadBugs()).map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });
});

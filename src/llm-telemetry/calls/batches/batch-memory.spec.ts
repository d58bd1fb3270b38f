import { ProcessBatchMemory } from './batch-memory.js';

const CREATOR = { feature: 'digests', operation: 'submit' };

describe('batches remembered in the process', () => {
  let memory: ProcessBatchMemory;
  beforeEach(() => {
    memory = new ProcessBatchMemory();
  });

  it('reports each item as new once', async () => {
    expect((await memory.claim('file-1', ['a', 'b'])).isNew).toEqual([true, true]);
    expect((await memory.claim('file-1', ['b', 'c'])).isNew).toEqual([false, true]);
    expect((await memory.claim('file-2', ['a'])).isNew).toEqual([true]);
  });

  it('reports no item of complete results as new', async () => {
    await memory.claim('file-1', ['a']);
    await memory.complete('file-1');
    expect((await memory.claim('file-1', ['a', 'b'])).isNew).toEqual([false, false]);
  });

  it('knows the creator of a batch by the ids of its results', async () => {
    await memory.remember({ key: 'batch-1', resultKeys: [], creator: CREATOR });
    await memory.remember({ key: 'batch-1', resultKeys: ['file-1'], creator: null });
    expect((await memory.claim('file-1', ['a'])).creator).toEqual(CREATOR);
    expect((await memory.claim('file-2', ['a'])).creator).toBeNull();
  });

  it('allows a sum before the first item only, and once', async () => {
    await memory.remember({ key: 'batch-1', resultKeys: ['file-1'], creator: CREATOR });
    expect(await memory.claimSum('batch-1')).toEqual({ isNew: true, creator: CREATOR });
    expect(await memory.claimSum('batch-1')).toMatchObject({ isNew: false });
    expect(await memory.claim('file-1', ['a'])).toMatchObject({ isNew: [true], replacesSum: true });
    await memory.claim('batch-2', ['a']);
    expect(await memory.claimSum('batch-2')).toMatchObject({ isNew: false });
  });

  it('forgets the least recently used batch first', async () => {
    await memory.remember({ key: 'old', resultKeys: [], creator: CREATOR });
    await memory.remember({ key: 'used', resultKeys: [], creator: CREATOR });
    for (let index = 0; index < 499; index++) await memory.claim(`file-${index}`, []);
    expect((await memory.claim('used', [])).creator).toEqual(CREATOR);
    expect((await memory.claim('old', [])).creator).toBeNull();
  });

  it('keeps at most 200,000 items', async () => {
    const items = Array.from({ length: 150_000 }, (_, index) => String(index));
    await memory.claim('file-1', items);
    await memory.claim('file-2', items);
    expect((await memory.claim('file-2', ['0'])).isNew).toEqual([false]);
    expect((await memory.claim('file-1', ['0'])).isNew).toEqual([true]);
  });
});

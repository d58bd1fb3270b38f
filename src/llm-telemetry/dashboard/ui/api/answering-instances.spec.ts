import { alternatingInstances, noteAnswer } from './answering-instances.js';

it('instances are reported while they respond in turn, not if one replaced another', () => {
  const answers = (names: string, at: number): void => {
    for (const name of names) noteAnswer(name, at);
  };
  answers('aaa', 1000);
  noteAnswer(null, 1000);
  expect(alternatingInstances(1000)).toBeNull();
  // A restart.
  answers('bbb', 2000);
  expect(alternatingInstances(2000)).toBeNull();
  answers('cbcb', 3000);
  expect(alternatingInstances(3000)).toBe('b,c');
  answers('c', 40_000);
  expect(alternatingInstances(40_000)).toBe('b,c');
  expect(alternatingInstances(49_000)).toBeNull();
});

import { releasesOf, releasesText } from './releases.js';

const AT = [100, 200, 300, 400, 500];
const group = (version: string | null, calls: ReadonlyArray<number | null>, service = 'shop') => ({
  names: { service, version },
  values: { calls },
});

describe('releases of a timeline', () => {
  it('are the first calls of a version after those of another one', () => {
    const groups = [group('1.1', [null, null, 2, 8, 9]), group('1.0', [9, 9, 8, 1, null])];
    expect(releasesOf({ at: AT, groups })).toEqual([
      { at: 300, version: '1.1', before: '1.0', service: null },
    ]);
  });

  it('do not include the versions at the start, and calls without a version', () => {
    const groups = [group('1.0', [null, 5, 5, 5, 5]), group(null, [3, 3, null, 3, 3])];
    expect(releasesOf({ at: AT, groups })).toEqual([]);
  });

  // hyperdxio/hyperdx#2894: a service that was idle drew a marker when it scaled up again.
  it('do not include the end of an idle time', () => {
    const groups = [group('1.0', [9, null, null, null, 9])];
    expect(releasesOf({ at: AT, groups })).toEqual([]);
  });

  it('are not repeated while two versions run beside each other', () => {
    const groups = [group('1.0', [9, 9, null, 9, 9]), group('1.1', [null, 1, 5, null, 5])];
    expect(releasesOf({ at: AT, groups })).toEqual([
      { at: 200, version: '1.1', before: '1.0', service: null },
    ]);
  });

  it('include the return to an earlier version', () => {
    const groups = [group('1.0', [9, 3, null, 9, 9]), group('1.1', [null, 5, 5, null, null])];
    expect(releasesOf({ at: AT, groups })).toEqual([
      { at: 200, version: '1.1', before: '1.0', service: null },
      { at: 400, version: '1.0', before: '1.1', service: null },
    ]);
  });

  it('name the service if there are several', () => {
    const groups = [
      group('1.0', [9, 9, null, null, null]),
      group('1.1', [null, null, 9, 9, 9]),
      group('7', [1, 1, null, null, null], 'mail'),
      group('8', [null, 1, 1, 1, 1], 'mail'),
    ];
    const releases = releasesOf({ at: AT, groups });
    expect(releases.map(({ at, service, version }) => [at, service, version])).toEqual([
      [200, 'mail', '8'],
      [300, 'shop', '1.1'],
    ]);
    expect(releasesText(releases)).toMatch(/^ Releases: mail 8, after 7, .*; shop 1\.1, after 1\.0, .*\.$/);
    expect(releasesText([])).toBe('');
  });
});

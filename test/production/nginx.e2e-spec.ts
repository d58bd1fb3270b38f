import { fileURLToPath } from 'node:url';
import { testNginx } from './support/nginx.js';

describe('deploy/compose/nginx.conf', () => {
  it('is valid for nginx, without warnings', () => {
    expect(testNginx(fileURLToPath(new URL('../../deploy/compose/nginx.conf', import.meta.url)))).toBe('');
  });
});

import { join } from 'node:path';

/**
 * Where the worker of this build is. A CommonJS file in both builds: a module that is compiled to both formats has no
 * other way to know its own folder.
 */
export const workerFile = join(__dirname, 'worker', 'main.js');

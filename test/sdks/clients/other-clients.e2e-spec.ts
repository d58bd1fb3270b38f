import { describeClients } from './describe-clients.js';
import { OTHER } from './other.js';

describe('a client of other providers', () => describeClients('other', OTHER));

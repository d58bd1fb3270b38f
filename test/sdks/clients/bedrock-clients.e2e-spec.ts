import { describeClients } from './describe-clients.js';
import { BEDROCK } from './bedrock.js';

describe('a client of Amazon Bedrock', () => describeClients('bedrock', BEDROCK));

import { describeClients } from './describe-clients.js';
import { OPENAI } from './openai.js';

describe('a client of OpenAI and compatible providers', () => describeClients('openai', OPENAI));

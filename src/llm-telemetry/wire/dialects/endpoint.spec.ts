import { endpointOf, plainPath } from './endpoint.js';

describe('plain paths', () => {
  it.each([
    ['/v1/models/gemini%3AgenerateContent', '/v1/models/gemini:generateContent'],
    ['/v1/models/gemini%3astreamGenerateContent/', '/v1/models/gemini:streamGenerateContent'],
    ['/openai/deployments/my%2Dgpt/chat%5Fx', '/openai/deployments/my-gpt/chat_x'],
    // A model id that is one segment.
    ['/model/arn%3Aaws%3Abedrock%2Fx/converse', '/model/arn:aws:bedrock%2Fx/converse'],
    // Encodes a percent sign, a question mark, a space, a control character.
    ['/a%253A/b%3F/c%20d/e%0A', '/a%253A/b%3F/c%20d/e%0A'],
    ['/a%/b%zz/c%3', '/a%/b%zz/c%3'],
    ['/a%C3%A9', '/a%C3%A9'],
  ])('of %s is %s', (path, plain) => {
    expect(plainPath(path)).toBe(plain);
  });

  it('are part of an endpoint', () => {
    const url = 'https://x-aiplatform.googleapis.com/v1/projects/p/locations/eu%2Dwest1/models/m%3Apredict';
    expect(endpointOf(url)).toMatchObject({
      place: 'eu-west1',
      url: 'https://x-aiplatform.googleapis.com/v1/projects/p/locations/eu-west1/models/m:predict',
    });
  });
});

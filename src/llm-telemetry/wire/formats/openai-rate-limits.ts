/** OpenAI's headers of remaining limits. Source: OpenAI API documentation, “Rate limits”, “Rate limits in headers”. */
export const OPENAI_RATE_LIMIT_HEADERS = ['x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'];

import { applyDecorators, UseFilters, UseGuards } from '@nestjs/common';
import { ApplicationGuards } from '../access/application.guards.js';
import { SameOriginGuard } from '../access/same-origin.guard.js';
import { TokenGuard } from '../access/token.guard.js';
import { ProblemFilter } from './problem.filter.js';

/** Nobody gets past who may not, and what is wrong is said as JSON. */
export function Guarded(): ClassDecorator {
  return applyDecorators(
    UseGuards(SameOriginGuard, ApplicationGuards, TokenGuard),
    UseFilters(ProblemFilter),
  );
}

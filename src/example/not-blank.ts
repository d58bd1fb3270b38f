import { Matches } from 'class-validator';

/** Requires a string with a character other than white space. */
export function IsNotBlank(): PropertyDecorator {
  return Matches(/\S/, { message: '$property must not be empty' });
}

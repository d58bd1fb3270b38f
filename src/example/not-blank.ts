import { Matches } from 'class-validator';

/** A string with something in it besides white space. */
export function IsNotBlank(): PropertyDecorator {
  return Matches(/\S/, { message: '$property must not be empty' });
}

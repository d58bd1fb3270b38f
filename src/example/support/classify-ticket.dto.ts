import { IsString, MaxLength } from 'class-validator';
import { IsNotBlank } from '../not-blank.js';

export class ClassifyTicketDto {
  @MaxLength(10_000)
  @IsNotBlank()
  @IsString()
  ticket_text!: string;
}

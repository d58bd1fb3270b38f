import { IsString, MaxLength } from 'class-validator';
import { IsNotBlank } from '../not-blank.js';

export class SummarizeOrderDto {
  @MaxLength(20_000)
  @IsNotBlank()
  @IsString()
  order_text!: string;

  @MaxLength(128)
  @IsNotBlank()
  @IsString()
  user_id!: string;
}

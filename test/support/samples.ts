/** Orders and tickets with known token counts: the emulator uses the tokenizer of gpt-4o-mini. */

/** 87 tokens with the instruction of the example. Its summary has 52 tokens. */
export const ORDER = `Order #10457 of 12 March for Maria Keller.
2 x Espresso cups (porcelain), 1 x Coffee grinder, 3 x Bags of Ethiopian coffee beans
Total: €129.90, by card.
Delivery to Lyon on Friday between 9 and 12 in the morning.`;

export const ORDER_SUMMARY =
  'Your order #10457 contains 2 × Espresso cups, 1 × Coffee grinder and 3 × Bags of Ethiopian coffee beans. ' +
  'The total is €129.90. Delivery: Delivery to Lyon on Friday between 9 and 12 in the morning.';

/** 312 tokens with the instruction of the example. Its summary has more than 200 tokens. */
export const LONG_ORDER = `Order #20981.
1 x 九谷焼の急須と湯呑み五客の詰め合わせ、桐箱入り, 1 x 南部鉄器の鉄瓶（一・二リットル、内側は釜焼き仕上げ）, 1 x 宇治の玉露と煎茶の飲み比べセット、缶入り二百グラム, 1 x 美濃焼の抹茶碗、利休形の茶筅と茶杓を添えて, 1 x 欅の茶盆と藍染めの茶巾四枚、贈り物用に包装済み, 1 x 有田焼の小皿六枚揃い、染付の唐草文様.
Total: ¥84,300.
Delivery next week on Tuesday or Wednesday in the afternoon to the side entrance of the tea house, where somebody will be there to sign for it.
Note: please wrap each of the pieces by itself in paper and leave the bill out of the box, since it is a present for the opening of the house. The kettle goes to the kitchen. Thank you very much for all the trouble you have taken. If something is out of stock, please send us the rest of it first and let us know when the other piece will come.`;

export const TICKET = 'I was charged twice for my invoice of October. Please fix it, no rush.';

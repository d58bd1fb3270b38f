/** Summarizes an order for the customer. The order can be written in one of several languages. */
export function summarizeOrder(text: string): string {
  const number = ORDER_NUMBER.exec(text)?.[1];
  const items = [...text.matchAll(ITEM)].map((match) => `${match[1]} × ${match[2]!.trim()}`);
  const total = TOTAL.exec(text)?.[1]?.trim();
  const delivery = DELIVERY.exec(text)?.[0]?.trim();
  const sentences: string[] = [];
  const subject = number ? `Your order ${number}` : 'Your order';
  if (items.length > 0) sentences.push(`${subject} contains ${list(items)}.`);
  else
    sentences.push(
      `${subject}: ${shorten(text.split(/\n|(?<=[.!?。])\s/)[0]!.trim(), 160)}`.replace(/[.:]?$/, '.'),
    );
  if (total) sentences.push(`The total is ${total.replace(/[.,]$/, '')}.`);
  if (delivery) sentences.push(`Delivery: ${shorten(delivery, 140).replace(/[.]$/, '')}.`);
  if (sentences.length < 2) sentences.push('We will let you know as soon as it is on its way.');
  return sentences.join(' ');
}

const ORDER_NUMBER =
  /(?:order|bestell\p{L}*|auftrag|commande|pedido|encomenda|ordine|bestelling|zamówieni\p{L}*|注文番号|订单号?|طلب|ऑर्डर)[^\p{N}\n]{0,16}?(#?[A-Z]{0,4}-?\d[\d-]{2,})/iu;
const ITEM = /(\d{1,3})\s?[x×]\s?([^\n,;(@=–.。]{3,60})/gu;
const TOTAL =
  /(?:total|summe|gesamt\p{L}*|montant|totale|totaal|razem|suma|合計|总计|合计|المجموع|कुल)[^\p{N}\n€$£¥₹]{0,12}((?:[€$£¥₹]|EUR|USD|CHF|PLN|JPY)?\s?\d[\d.,]*\s?(?:[€$£¥₹]|EUR|USD|CHF|PLN|zł|元|円)?)/iu;
const DELIVERY =
  /(?:deliver|ship|liefer|livraison|livrer|entrega|envío|consegna|levering|dostaw|お届け|配送|配达|تسليم|डिलीवरी)[^\n.。]{4,}/iu;

function list(items: readonly string[]): string {
  const shown = items.slice(0, 6);
  if (items.length > 6) shown.push(`${items.length - 6} more`);
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).trimEnd()}…`;
}

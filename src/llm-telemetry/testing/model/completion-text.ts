export interface Prompt {
  readonly system: string;
  /** The last user message. */
  readonly user: string;
}

/**
 * Returns the text of the emulated model: a summary if asked to summarize an order, a triage if asked to classify a
 * ticket, otherwise a few sentences about the prompt. The same prompt always returns the same text.
 */
export function completionText({ system, user }: Prompt): string {
  if (/summari[sz]e/i.test(system) && /order/i.test(system)) return summarizeOrder(user);
  const ticket = /"category"[\s\S]*"urgency"[\s\S]*?Ticket:\s*([\s\S]*)$/i.exec(user);
  if (ticket) return JSON.stringify(triageTicket(ticket[1]!));
  const words = user.split(/\s+/).filter(Boolean);
  const quote = words.slice(0, 12).join(' ');
  return (
    `Here is a short answer to “${quote}${words.length > 12 ? '…' : ''}”. ` +
    `It has ${words.length} words; the most important of them is “${longest(words)}”. ` +
    'Ask again with more detail and the answer will be more detailed as well.'
  );
}

function longest(words: readonly string[]): string {
  return words.reduce((best, word) => (word.length > best.length ? word : best), '');
}

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

export interface Triage {
  readonly category: string;
  readonly urgency: 'low' | 'medium' | 'high';
}

/** Classifies a support ticket by its keywords. The first category with a match wins. */
export function triageTicket(text: string): Triage {
  const category = CATEGORIES.find(([, words]) => words.test(text))?.[0] ?? 'other';
  const urgency = HIGH.test(text) || category === 'security' ? 'high' : LOW.test(text) ? 'low' : 'medium';
  return { category, urgency };
}

const CATEGORIES: ReadonlyArray<readonly [string, RegExp]> = [
  [
    'security',
    /hack|phish|breach|unauthori[sz]ed|suspicious|stolen|fraud|betrug|gehackt|piraté|frauduleu|fraude|pirate|estafa|violato|oszust|włam|不正|盗|احتيال|धोखाधड़ी/iu,
  ],
  [
    'billing',
    /invoice|billing|billed|charge|payment|credit card|receipt|vat|rechnung|abgebucht|zahlung|lastschrift|facture|prélev|paiement|factura|cobr|pago|fatura|pagamento|fattura|addebit|factuur|betaling|faktur|płatnoś|請求|支払|发票|扣款|فاتورة|बिल|भुगतान/iu,
  ],
  [
    'returns',
    /refund|return|exchange|money back|rücksend|erstatt|umtausch|rembours|retour|échang|devol|reembols|reso|rimbors|terugbetal|zwrot|返品|返金|退货|退款|استرداد|वापसी|रिफंड/iu,
  ],
  [
    'shipping',
    /shipping|shipment|deliver|package|parcel|courier|tracking|lost in transit|liefer|paket|versand|livraison|colis|envío|paquete|entrega|encomenda|spedizion|pacco|consegna|bezorg|pakket|przesyłk|paczk|dostaw|配送|届|快递|包裹|شحنة|توصيل|डिलीवरी|पार्सल/iu,
  ],
  [
    'account',
    /password|log ?in|sign ?in|account|e-?mail address|two-factor|2fa|passwort|anmeld|konto|mot de passe|connexion|compte|contraseña|cuenta|senha|conta|accesso|wachtwoord|hasł|ログイン|パスワード|密码|登录|حساب|कलमे|पासवर्ड|खाता/iu,
  ],
  [
    'technical',
    /error|crash|bug|does(n't| not) (work|load)|broken|freez|blank|slow|api|500|fehler|absturz|funktioniert nicht|erreur|plante|bloqu|falla|no funciona|erro|trava|errore|non funziona|fout|werkt niet|błąd|nie działa|エラー|動か|错误|崩溃|خطأ|त्रुटि/iu,
  ],
  [
    'feature_request',
    /feature|would be (great|nice)|suggest|please add|wish|dark mode|wunsch|vorschlag|suggestion|serait|sugerencia|sería|sugestão|seria|suggerimento|functie|propozycj|機能|要望|建议|اقتراح|सुझाव/iu,
  ],
];

const HIGH =
  /urgent|asap|immediately|emergency|critical|right now|production|down for|dringend|sofort|notfall|immédiat|urgence|urgente|inmediat|imediat|subito|spoed|pilne|natychmiast|至急|緊急|紧急|马上|عاجل|तुरंत|!!/iu;
const LOW =
  /no rush|whenever|when you (have|get)|just (wondering|curious)|feature|suggest|would be nice|keine eile|vorschlag|suggestion|pas pressé|sin prisa|sugerencia|sem pressa|sugestão|con calma|geen haast|nie spieszy|急ぎません|不急|सुझाव/iu;

type Schema = Readonly<Record<string, unknown>>;

/** Returns a minimal value for a JSON schema: required properties, the first of several choices. */
export function valueOfSchema(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return {};
  const { type, enum: choices, const: constant, anyOf, items, properties, required } = schema as Schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices[0];
  if (Array.isArray(anyOf)) return valueOfSchema(anyOf[0]);
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return 'example';
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [valueOfSchema(items)];
  }
  const value: Record<string, unknown> = {};
  const names = Array.isArray(required) ? (required as string[]) : Object.keys(properties ?? {});
  for (const name of names) value[name] = valueOfSchema((properties as Schema | undefined)?.[name]);
  return value;
}

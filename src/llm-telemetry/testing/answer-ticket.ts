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

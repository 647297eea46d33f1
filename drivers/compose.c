/*
 * Each accent has a string of pairs: a letter, and the letter with the accent. The pairs are those
 * for which Unicode has a character; for the two dead keys that are no accents, they are X11's. The
 * tests compare them with both. Acute and diaeresis turn a blank into ASCII's quotation marks, as
 * in X11, since these are needed at a prompt.
 */
#include <assert.h>
#include <drivers/compose.h>

struct accent {
    uint16_t dead;
    uint16_t alone;
    const uint16_t *pairs;
};

static const struct accent accents[] = {
    {DEAD_GRAVE, '`', u"AÀEÈIÌNǸOÒUÙWẀYỲaàeèiìnǹoòuùwẁyỳ"},
    {DEAD_ACUTE, u'´', u" 'AÁCĆEÉGǴIÍKḰLĹMḾNŃOÓPṔRŔSŚUÚWẂYÝZŹaácćeégǵiíkḱlĺmḿnńoópṕrŕsśuúwẃyýzź"},
    {DEAD_CIRCUMFLEX, '^', u"AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶZẐaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷzẑ"},
    {DEAD_TILDE, '~', u"AÃEẼIĨNÑOÕUŨVṼYỸaãeẽiĩnñoõuũvṽyỹ"},
    {DEAD_MACRON, u'¯', u"AĀEĒGḠIĪOŌUŪYȲaāeēgḡiīoōuūyȳ"},
    {DEAD_BREVE, u'˘', u"AĂEĔGĞIĬOŎUŬaăeĕgğiĭoŏuŭ"},
    {DEAD_DOT_ABOVE, u'˙',
     u"AȦBḂCĊDḊEĖFḞGĠHḢIİMṀNṄOȮPṖRṘSṠTṪWẆXẊYẎZŻaȧbḃcċdḋeėfḟgġhḣiımṁnṅoȯpṗrṙsṡtṫwẇxẋyẏzż"},
    {DEAD_DIAERESIS, u'¨', u" \"AÄEËHḦIÏOÖUÜWẄXẌYŸaäeëhḧiïoötẗuüwẅxẍyÿ"},
    {DEAD_HOOK, DEAD_HOOK, u"AẢEẺIỈOỎUỦYỶaảeẻiỉoỏuủyỷ"},
    {DEAD_RING_ABOVE, u'°', u"AÅUŮaåuůwẘyẙ"},
    {DEAD_DOUBLE_ACUTE, u'˝', u"OŐUŰoőuű"},
    {DEAD_CARON, u'ˇ', u"AǍCČDĎEĚGǦHȞIǏKǨLĽNŇOǑRŘSŠTŤUǓZŽaǎcčdďeěgǧhȟiǐjǰkǩlľnňoǒrřsštťuǔzž"},
    {DEAD_HORN, DEAD_HORN, u"OƠUƯoơuư"},
    {DEAD_DOT_BELOW, DEAD_DOT_BELOW,
     u"AẠBḄDḌEẸHḤIỊKḲLḶMṂNṆOỌRṚSṢTṬUỤVṾWẈYỴZẒaạbḅdḍeẹhḥiịkḳlḷmṃnṇoọrṛsṣtṭuụvṿwẉyỵzẓ"},
    {DEAD_COMMA_BELOW, ',', u"SȘTȚsștț"},
    {DEAD_CEDILLA, u'¸', u"CÇDḐEȨGĢHḨKĶLĻNŅRŖSŞTŢcçdḑeȩgģhḩkķlļnņrŗsştţ"},
    {DEAD_OGONEK, u'˛', u"AĄEĘIĮOǪUŲaąeęiįoǫuų"},
    {DEAD_MACRON_BELOW, u'ˍ', u"BḆDḎKḴLḺNṈRṞTṮZẔbḇdḏhẖkḵlḻnṉrṟtṯzẕ"},
    {DEAD_STROKE, '/', u"AȺBɃCȻDĐEɆGǤHĦIƗJɈLŁOØPⱣRɌTŦUɄYɎZƵaⱥbƀcȼdđeɇgǥhħiɨjɉlłoøpᵽrɍtŧuʉyɏzƶ"},
    {DEAD_GREEK, u'µ',
     u"AΑBΒDΔEΕFΦGΓHΗIΙJΘKΚLΛMΜNΝOΟPΠQΧRΡSΣTΤUΥWΩXΞYΨZΖaαbβdδeεfφgγhηiιjθkκlλmμnνoοpπqχrρsσtτuυwωxξ"
     u"yψzζ"},
    {DEAD_CURRENCY, u'¤', u"C₡D₯E₠F₣G₲H₴K₭L₤N₦P₧S$T₮W₩c¢d₫e€fƒg₲h₴k₭l£m₥n₦s₪w₩y¥"},
};

static const struct accent *find_accent(uint16_t dead)
{
    size_t i = 0;
    while (i < ARRAY_SIZE(accents) && accents[i].dead != dead)
        i++;
    ASSERT(i < ARRAY_SIZE(accents));
    return &accents[i];
}

uint16_t compose_alone(uint16_t dead)
{
    return find_accent(dead)->alone;
}

uint16_t compose(uint16_t dead, uint16_t symbol)
{
    const struct accent *accent = find_accent(dead);
    for (const uint16_t *pair = accent->pairs; *pair; pair += 2) {
        if (pair[0] == symbol)
            return pair[1];
    }
    return symbol == ' ' || symbol == dead ? accent->alone : 0;
}

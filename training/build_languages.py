"""Make the table by which languages are told apart: the commonest function words, and the letters, of each.

    pip install stopwordsiso==0.7.1 wordfreq==3.1.1
    python training/build_languages.py DATA/qa/train        # writes the engine's kinds/prose/data/languages.tsv

The words are those of stopwordsiso's lists (MIT), the commonest first: in the order of wordfreq (Apache-2.0), which
decides only what the first 80 are, or by the texts of DATA where that has none (Swahili). Languages that stopwordsiso
lacks or has little of were written by hand below, as were the letters beyond a to z. Words of one letter are left out:
in other texts they are initials. Seedless: the same packages give the same file. Half a minute.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "engine/laconic/kinds/prose/data/languages.tsv"
WORDS = 80  # more make questions told a little more often, and wrongly a little more often
WORDFREQ_NAMES = {"no": "nb", "hr": "sh", "tl": "fil"}

FROM_LISTS = (
    "af ca cs da de en es et eu fi fr ga gl ha hr hu it lt lv nl no pl pt ro sk sl so sv sw tl tr vi yo zu "
    "bg ru uk ar fa ur"
).split()

BY_HAND = {
    "af": ("die van en in is het 'n dat met vir op nie wat te aan as om by hy word sy was hulle ook deur maar kan uit"),
    "az": (
        "və bir bu ilə üçün də olan da olaraq daha çox ildə sonra onun edir kimi idi isə hər ki ən ola olub tərəfindən"
    ),
    "be": ("і ў на з не што да як па яго за гэта для пры быў была ад гады ці або яны таксама які якія было іх ён"),
    "hi": ("के में की है का से को और पर हैं ने यह एक था थी थे नहीं जो कि इस लिए गया भी हो कर किया गई तक साथ अपने बाद"),
    "id": (
        "yang dan di dari untuk dengan pada adalah tidak dalam ini itu ke juga oleh akan sebagai "
        "karena atau telah tersebut bahwa ia secara dapat menjadi seperti mereka kota tahun"
    ),
    "is": (
        "og að er í á sem við það um var ekki til af með en því hann hún þar eru eða hefur þegar "
        "verið úr frá þess hans eins voru"
    ),
    "kk": (
        "және мен бұл үшін да де бір болып деп бойынша еді болды оның ол жылы кейін сол осы емес "
        "болған туралы деген арқылы ең үлкен"
    ),
    "ky": (
        "жана менен бул үчүн да бир болуп деп боюнча эле анын ал жылы кийин эмес болгон жөнүндө деген аркылуу эң чоң"
    ),
    "mk": ("на и во од да се за со е не како што го ги ја по кој но или до беше биле кои според ова има била исто"),
    "mn": "нь юм бол энэ байна байсан гэж болон нэг онд мөн дээр хамгийн их түүний бөгөөд",
    "mr": (
        "आहे आणि या व हे ते होते आहेत होता होती ही तो च्या मध्ये साठी त्या त्याने त्यांनी म्हणून "
        "एक केला केले आला असे नाही पण झाला झाले किंवा येथे"
    ),
    "ms": (
        "yang dan di untuk dengan pada adalah tidak dalam ini itu ke juga oleh akan sebagai "
        "kerana atau telah tersebut bahawa beliau daripada ialah boleh menjadi seperti mereka "
        "iaitu kepada"
    ),
    "ne": ("छ र को मा का भएको छन् गरेको यो लागि थियो हो पनि गर्न भने एक ले बाट तथा रहेको गर्ने गरी भयो त्यो हुन्छ थिए नेपाल नै"),
    "ps": "د په او چې دی کې له سره ته یو هم دا نه کړي ده شي لپاره وه",
    "sq": ("të në e dhe i me për një nga që është më si u ka janë kjo ky ishte por do nuk të duke kur së deri kanë"),
    "sr": ("је у и да се на од за су а не са из то као о што који како би али није још по које био је која или"),
    "tt": "һәм белән бу өчен дә бер булган дип буенча иде аның ул елда соң түгел турында иң зур",
    "uz": ("va bilan bu uchun ham bir edi deb ning esa yilda boʻlgan lekin hamda keyin uning kerak qilish haqida emas"),
}

# Letters of each beyond a to z, for other scripts all of them.
LETTERS = {
    "af": "ëêïéŉ",
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
    "az": "çəğıöşü",
    "be": "абвгдежзійклмнопрстуўфхцчшыьэюяё",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "ca": "àçèéíïòóúü",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåé",
    "de": "äöüß",
    "en": "é",
    "es": "áéíñóúü",
    "et": "äöõüšž",
    "eu": "ñ",
    "fa": "ءآأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
    "fi": "äöåšž",
    "fr": "àâæçéèêëîïôœùûü",
    "ga": "áéíóú",
    "gl": "áéíñóú",
    "ha": "ɓɗƙ",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "id": "é",
    "is": "áðéíóúýþæö",
    "it": "àèéìíòóùú",
    "kk": "аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюяё",
    "ky": "абвгдежзийклмнңоөпрстуүфхцчшщъыьэюяё",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    "mn": "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя",
    "ms": "é",
    "nl": "éëïèóöü",
    "no": "æøåéòô",
    "pl": "ąćęłńóśźż",
    "ps": "ءآئابپتټثجځچڅحخدډذرړزژږسشښصضطظعغفقکګلمنڼوهۀيېیۍ",
    "pt": "áâãàçéêíóôõú",
    "ro": "ăâîșțşţ",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "so": "",
    "sq": "çë",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "sv": "åäöé",
    "sw": "",
    "tl": "ñ",
    "tr": "çğıöşüâî",
    "tt": "аәбвгдежҗзийклмнңоөпрстуүфхһцчшщъыьэюяё",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ur": "ءآئابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھیےۓؤأۂ",
    "uz": "",
    "vi": "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ",
    "yo": "àáèéẹìíòóọṣùúńǹ",
    "zu": "",
}


def words_of(language: str, data: Path) -> list[str]:
    """The commonest function words of a language that stopwordsiso has, the commonest first."""
    import stopwordsiso
    import wordfreq

    stop = stopwordsiso.stopwords(language)
    name = WORDFREQ_NAMES.get(language, language)
    file = data / f"ml_{language}.jsonl.gz"
    if name in wordfreq.available_languages():
        order = wordfreq.top_n_list(name, 400)
    elif file.exists():
        counts: Counter[str] = Counter()
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                for passage in json.loads(line)["passages"]:
                    counts.update(re.findall(r"[^\W\d_]+", passage["text"].lower()))
        order = [word for word, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:3000]]
    else:
        order = []
    words = [word for word in order if word in stop]
    if len(words) < 20:
        words += sorted(stop.difference(words), key=lambda word: (len(word), word))
    return words


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="the folder qa/train")
    parser.add_argument("--out", type=Path, default=TARGET, help="where the table is written")
    arguments = parser.parse_args()

    lines = []
    for language in sorted({*FROM_LISTS, *BY_HAND}):
        words = BY_HAND[language].split() if language in BY_HAND else words_of(language, arguments.data)
        words = [word for word in dict.fromkeys(words) if len(word) > 1 and " " not in word][:WORDS]
        lines.append("\t".join((language, LETTERS.get(language, ""), " ".join(words))))
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{arguments.out.name}: {len(lines)} languages, {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

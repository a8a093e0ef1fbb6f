"""Names of the made-up people: many traditions and scripts, short and long. Pure.

They are here to be awkward: apostrophes and hyphens, particles, one letter, 60 letters, right-to-left, names that differ
by an accent. Nobody real is meant.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """Family and given name, sex as recorded, language spoken (a code Django knows), preferred name."""

    family: str
    given: str
    sex: str
    language: str = ""
    preferred: str = ""


ADULTS = (
    Name("Beispiel", "Jonas", "male", "de"),
    Name("Schmidt", "Anna", "female", "de"),
    Name("Schmidt", "Anna", "female", "de"),  # the same name once more, born on another day
    Name("Müller", "Jan", "male", "de"),
    Name("Mueller", "Jann", "male", "de"),  # easily taken for the one above
    Name("Chen", "Li", "female", "zh-hans"),
    Name("Li", "Chen", "male", "zh-hans"),  # the same two names in the other order
    Name("O’Brien-Ní Dhomhnaill", "Siobhán", "female", "ga"),
    Name("O'Connor", "Rory", "male", "en"),
    Name("D'Angelo", "Maria Grazia", "female", "it", "Grazia"),
    Name("García Fernández de la Vega", "María de los Ángeles Inmaculada Concepción", "female", "es", "Mariángeles"),
    Name("von und zu Beispielhausen-Musterberg-Langenfeldt", "Maximilian Friedrich Alexander", "male", "de", "Max"),
    Name("O", "Se-jin", "male", "ko"),
    Name("Nguyễn", "Thị Ánh Tuyết", "female", "vi", "Tuyết"),
    Name("Jónsdóttir", "Þórunn", "female", "is"),
    Name("Łukaszewska", "Małgorzata", "female", "pl", "Gosia"),
    Name("Østergaard", "Søren", "male", "da"),
    Name("Иванова", "Екатерина Сергеевна", "female", "ru", "Катя"),
    Name("Шевченко", "Олександр", "male", "uk"),
    Name("Παπαδοπούλου", "Ελένη", "female", "el"),
    Name("الخطيب", "ليلى", "female", "ar"),
    Name("רוזנברג", "יעל", "female", "he"),
    Name("王", "小明", "male", "zh-hans", "Xiaoming"),
    Name("山田", "花子", "female", "ja"),
    Name("김", "민준", "male", "ko", "Min-jun"),
    Name("शर्मा", "प्रिया", "female", "hi", "Priya"),
    Name("วงศ์สวัสดิ์", "สมชาย", "male", "th"),
    Name("მაისურაძე", "ნინო", "female", "ka"),
    Name("Հակոբյան", "Արամ", "male", "hy"),
    Name("Ng'ang'a", "Wanjirũ", "female", "sw"),
    Name("Okonkwo-Adébáyò", "Olúwaṣeun", "male", "ig", "Seun"),
    Name("Te Whare", "Āwhina", "female", "en"),
    Name("bin Abdullah", "Ahmad Faiz", "male", "ms"),
    Name("Şêxo", "Xezal", "female"),
    Name("E", "Wei", "indeterminate", "zh-hans"),
)

CHILDREN = (
    Name("Örnek-Yıldız", "Defne", "female", "tr"),
    Name("Örnek-Yıldız", "Deniz", "male", "tr"),
    Name("Örnek-Yıldız", "Ada", "female", "tr"),
    Name("Dubois-Lefèvre", "Zoé", "female", "fr"),
    Name("Silva e Souza", "João Pedro", "male", "pt", "JP"),
    Name("van der Berg", "Fleur", "female", "nl"),
    Name("Novák", "Matěj", "male", "cs"),
    Name("Nováková", "Tereza", "female", "cs"),
    Name("Kovács", "Ábel", "male", "hu"),
    Name("Popescu", "Ștefania", "female", "ro"),
    Name("Virtanen", "Eemeli", "male", "fi"),
    Name("Åkerström", "Linnéa", "female", "sv"),
    Name("Hoxha", "Dritan", "male", "sq"),
    Name("Đorđević", "Милица", "female", "sr-latn"),
    Name("حسینی", "امیرعلی", "male", "fa", "Amir"),
    Name("السيد", "نور", "female", "ar"),
    Name("李", "思思", "female", "zh-hans", "Sisi"),
    Name("佐藤", "翔", "male", "ja"),
    Name("선우", "서연", "female", "ko"),
    Name("சுப்ரமணியன்", "கவின்", "male", "ta"),
    Name("Begum", "Ayesha", "female", "bn"),
    Name("Singh", "Gurpreet", "male", "pa"),
    Name("Tesfaye", "Selamawit", "female", "", "Selam"),
    Name("Smith-Jones", "A", "male", "en"),
    Name("Weiß", "Frieda", "female", "de"),
)

OTHER_CLINIC = (
    Name("Schmidt", "Anna", "female", "en"),  # as in the first clinic, and not the same person
    Name("Sampleton", "Tyrone", "male", "en"),
    Name("Begay", "Shándíín", "female", "en"),
    Name("Rodríguez-Sample", "José Luis", "male", "es", "Pepe"),
    Name("Kealoha", "Kaʻiulani", "female", "en"),
    Name("Tran", "Kevin", "male", "vi"),
    Name("St. Example", "Mary-Kate", "female", "en"),
    Name("McSample", "Jayden", "male", "en"),
)

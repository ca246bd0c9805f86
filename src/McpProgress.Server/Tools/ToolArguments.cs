using System.Globalization;
using System.Text.Json;

namespace McpProgress.Server.Tools;

/// <summary>
/// The arguments of one call, read by name. A missing or unfitting one is a <see cref="ToolException"/> whose message
/// names the argument, what is wanted and what came, so that a model can correct itself.
/// </summary>
/// <param name="values">The <c>arguments</c> of the request; null for none.</param>
public sealed class ToolArguments(IDictionary<string, JsonElement>? values)
{
    private readonly IDictionary<string, JsonElement> _values = values ?? new Dictionary<string, JsonElement>();

    /// <summary>
    /// What <see cref="ServerTool.Prepare"/> has begun and <see cref="ServerTool.Body"/> goes on with; null for nothing. It is
    /// disposed when the body has ended, and when the body is not run after all.
    /// </summary>
    public IDisposable? Begun { get; init; }

    /// <summary>All the arguments as they came.</summary>
    public IEnumerable<KeyValuePair<string, JsonElement>> All => _values;

    /// <summary>A required text.</summary>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="ToolException">It is missing or not a string.</exception>
    public string GetString(string name) => AsString(name, Required(name, "a string"));

    /// <summary>A text that may be left out.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="fallback">The value when it is missing or null.</param>
    /// <exception cref="ToolException">It is not a string.</exception>
    public string GetString(string name, string fallback) =>
        TryGet(name, out var value) ? AsString(name, value) : fallback;

    /// <summary>A required whole number within bounds. <c>5.0</c> is a whole number, as JSON Schema says.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="minimum">The least allowed value.</param>
    /// <param name="maximum">The greatest allowed value.</param>
    /// <exception cref="ToolException">It is missing, not a whole number, or out of bounds.</exception>
    public int GetInt32(string name, int minimum = int.MinValue, int maximum = int.MaxValue) =>
        AsInt32(name, Required(name, "an integer"), minimum, maximum);

    /// <summary>A whole number within bounds that may be left out.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="fallback">The value when it is missing or null.</param>
    /// <param name="minimum">The least allowed value.</param>
    /// <param name="maximum">The greatest allowed value.</param>
    /// <exception cref="ToolException">It is not a whole number, or out of bounds.</exception>
    public int GetInt32Or(string name, int fallback, int minimum = int.MinValue, int maximum = int.MaxValue) =>
        TryGet(name, out var value) ? AsInt32(name, value, minimum, maximum) : fallback;

    /// <summary>A required array of texts.</summary>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="ToolException">It is missing, not an array, or an element is not a string.</exception>
    public IReadOnlyList<string> GetStrings(string name)
    {
        var value = Required(name, "an array of strings");
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Unfitting(name, "an array of strings", value);
        }

        var items = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            items.Add(AsString(string.Create(CultureInfo.InvariantCulture, $"{name}[{items.Count}]"), item));
        }

        return items;
    }

    private static string AsString(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Unfitting(name, "a string", value);

    private static int AsInt32(string name, JsonElement value, int minimum, int maximum)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || number != Math.Truncate(number))
        {
            throw Unfitting(name, "an integer", value);
        }

        if (number < minimum)
        {
            throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"The argument '{name}' must be at least {minimum}, but is {number}."));
        }

        if (number > maximum)
        {
            throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"The argument '{name}' must be at most {maximum}, but is {number}."));
        }

        return (int)number;
    }

    private JsonElement Required(string name, string wanted) =>
        TryGet(name, out var value) ? value : throw new ToolException($"The argument '{name}' is missing; it must be {wanted}.");

    private bool TryGet(string name, out JsonElement value) =>
        _values.TryGetValue(name, out value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);

    private static ToolException Unfitting(string name, string wanted, JsonElement value) =>
        new($"The argument '{name}' must be {wanted}, but is {Describe(value)}.");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {value.GetRawText()}",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "null",
    };
}

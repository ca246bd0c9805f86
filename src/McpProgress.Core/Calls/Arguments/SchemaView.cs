using System.Text.Json;

namespace McpProgress.Core.Calls.Arguments;

/// <summary>
/// All schemas that apply to one value at once: those given, what they refer to, and the members of their <c>allOf</c>.
/// Alternatives (<c>anyOf</c>, <c>oneOf</c>) stand beside them until one is chosen. What it
/// says never changes; derived views are made once.
/// </summary>
internal sealed class SchemaView
{
    private readonly SchemaDocument _document;
    private readonly List<JsonElement> _parts;
    private readonly List<JsonElement> _alternatives;
    private readonly HashSet<string> _followed;
    private IReadOnlyList<SchemaView>? _chosen;
    private SchemaView? _withoutAlternatives;

    private SchemaView(SchemaDocument document, IReadOnlyList<JsonElement> given, SchemaView? before)
    {
        _document = document;
        _parts = before is null ? [] : [.. before._parts];
        _alternatives = before is null ? [] : [.. before._alternatives.Skip(1)];
        _followed = before is null ? [] : [.. before._followed];
        Given = before is null ? given : [.. before.Given, .. given];
        foreach (var schema in given)
        {
            Add(schema);
        }

        // Most views are asked for these once for each value: an array has one view for all its items.
        foreach (var part in _parts)
        {
            Types = part.Types() is { } types ? (Types ?? types) & types : Types;
            Choices ??= part.Choices();
            Format ??= part.Text("format");
        }
    }

    /// <summary>The schemas as they were given, chosen alternatives included: what a value must satisfy in the end.</summary>
    public IReadOnlyList<JsonElement> Given { get; }

    /// <summary>This view with each of the next alternatives chosen, in their order; empty when all is settled.</summary>
    public IReadOnlyList<SchemaView> Alternatives => _chosen ??= _alternatives.Count == 0
        ? []
        : [.. _alternatives[0].EnumerateArray().Select(branch => new SchemaView(_document, [branch], this))];

    /// <summary>This view with none of the <see cref="Alternatives"/> chosen.</summary>
    public SchemaView WithoutAlternatives => _withoutAlternatives ??= new SchemaView(_document, [], this);

    /// <summary>The types that all schemas allow; null when none says.</summary>
    public JsonTypes? Types { get; }

    /// <summary>The values that <c>const</c> or <c>enum</c> allows, by the first schema that says; null when none does.</summary>
    public IReadOnlyList<JsonElement>? Choices { get; }

    /// <summary>The <c>format</c>, by the first schema that says.</summary>
    public string? Format { get; }

    /// <summary>The names of all declared properties.</summary>
    public IEnumerable<string> PropertyNames => _parts.SelectMany(part => part.Members("properties")).Select(property => property.Name).Distinct(StringComparer.Ordinal);

    /// <summary>The view of some schemas.</summary>
    public static SchemaView Of(SchemaDocument document, params IReadOnlyList<JsonElement> schemas) => new(document, schemas, null);

    /// <summary>Whether a property of exactly that name is declared.</summary>
    public bool HasProperty(string name) => _parts.Exists(part => part.TryMember("properties", name, out _));

    /// <summary>Whether a property of that name is described by a pattern.</summary>
    public bool HasPatternFor(string name) =>
        _parts.Exists(part => part.Members("patternProperties").Any(pattern => _document.Matches(name, pattern.Name, whenUnknown: false)));

    /// <summary>The view of a property's value.</summary>
    public SchemaView Property(string name)
    {
        var schemas = new List<JsonElement>();
        foreach (var part in _parts)
        {
            var before = schemas.Count;
            if (part.TryMember("properties", name, out var property))
            {
                schemas.Add(property);
            }

            schemas.AddRange(part.Members("patternProperties")
                .Where(pattern => _document.Matches(name, pattern.Name, whenUnknown: false))
                .Select(pattern => pattern.Value));
            if (schemas.Count == before && part.TryKeyword("additionalProperties", JsonValueKind.Object, out var additional))
            {
                schemas.Add(additional);
            }
        }

        return Of(_document, schemas);
    }

    /// <summary>How many of an array's first elements have schemas of their own.</summary>
    public int PrefixLength => _parts.Max(part => (int?)part.PrefixItems().Count) ?? 0;

    /// <summary>The view of an array's element.</summary>
    public SchemaView Item(int index)
    {
        var schemas = new List<JsonElement>();
        foreach (var part in _parts)
        {
            var prefix = part.PrefixItems();
            if (index < prefix.Count)
            {
                schemas.Add(prefix[index]);
            }
            else if (part.TryItems(out var items))
            {
                schemas.Add(items);
            }
        }

        return Of(_document, schemas);
    }

    private void Add(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        _document.Enter();
        _parts.Add(schema);
        foreach (var keyword in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            if (schema.TryKeyword(keyword, JsonValueKind.Array, out var branches))
            {
                _alternatives.Add(branches);
            }
        }

        if (schema.Text("$ref") is { } reference && _followed.Add(reference) && _document.TryResolve(reference, out var target))
        {
            Add(target);
        }

        foreach (var member in schema.Elements("allOf"))
        {
            Add(member);
        }

        _document.Leave();
    }
}

using System.Collections;
using System.Management.Automation;
using System.Security;
using System.Text.Json.Nodes;

namespace McpProgress.PowerShell.Publishing;

/// <summary>The JSON schema of a .NET type, as a command's parameter or as a plain output.</summary>
internal static class TypeSchema
{
    private static readonly Dictionary<Type, (string Type, string? Format)> Scalars = new()
    {
        [typeof(string)] = ("string", null),
        [typeof(char)] = ("string", null),
        [typeof(bool)] = ("boolean", null),
        [typeof(SwitchParameter)] = ("boolean", null),
        [typeof(int)] = ("integer", null),
        [typeof(long)] = ("integer", null),
        [typeof(short)] = ("integer", null),
        [typeof(sbyte)] = ("integer", null),
        [typeof(byte)] = ("integer", null),
        [typeof(ushort)] = ("integer", null),
        [typeof(uint)] = ("integer", null),
        [typeof(ulong)] = ("integer", null),
        [typeof(System.Numerics.BigInteger)] = ("integer", null),
        [typeof(float)] = ("number", null),
        [typeof(double)] = ("number", null),
        [typeof(decimal)] = ("number", null),
        [typeof(DateTime)] = ("string", "date-time"),
        [typeof(DateTimeOffset)] = ("string", "date-time"),
        [typeof(Uri)] = ("string", "uri"),
        [typeof(Guid)] = ("string", "uuid"),
        [typeof(TimeSpan)] = ("string", null),
        [typeof(Version)] = ("string", null),
    };

    private static readonly Type[] OpenDictionaries = [typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>)];

    // Those of int and wider would only make the schema longer.
    private static readonly Dictionary<Type, (long Minimum, long Maximum)> Bounds = new()
    {
        [typeof(byte)] = (byte.MinValue, byte.MaxValue),
        [typeof(sbyte)] = (sbyte.MinValue, sbyte.MaxValue),
        [typeof(short)] = (short.MinValue, short.MaxValue),
        [typeof(ushort)] = (ushort.MinValue, ushort.MaxValue),
        [typeof(uint)] = (uint.MinValue, uint.MaxValue),
    };

    /// <summary>The schema of a parameter's type.</summary>
    /// <returns>Null when no JSON can become a value of it, such as a script block: code is not taken from callers.</returns>
    public static JsonObject? OfParameter(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Scalars.ContainsKey(type))
        {
            return OfScalar(type);
        }

        if (type.IsEnum)
        {
            return OfEnum(type);
        }

        if (type == typeof(SecureString))
        {
            return new JsonObject { ["type"] = "string", ["format"] = "password", ["writeOnly"] = true };
        }

        if (type == typeof(PSCredential))
        {
            return OfCredential();
        }

        if (type == typeof(object))
        {
            return [];
        }

        if (IsBeyondJson(type))
        {
            return null;
        }

        if (EntryOf(type) is { } entry)
        {
            return OfParameter(entry.Value) is not { } values ? null
                : values.Count == 0 ? new JsonObject { ["type"] = "object" }
                : new JsonObject { ["type"] = "object", ["additionalProperties"] = values };
        }

        if (typeof(IDictionary).IsAssignableFrom(type) || type == typeof(PSObject))
        {
            return new JsonObject { ["type"] = "object" };
        }

        if (ElementOf(type) is { } element)
        {
            return OfParameter(element) is { } items ? new JsonObject { ["type"] = "array", ["items"] = items } : null;
        }

        // Anything else PowerShell makes of a text, such as [regex] or [System.IO.FileInfo], or of an object's properties.
        return typeof(IEnumerable).IsAssignableFrom(type) ? [] : new JsonObject { ["type"] = new JsonArray("string", "object") };
    }

    /// <summary>The schema of a type that always is the same single JSON value: a text, a number, a boolean, an enumeration.</summary>
    /// <returns>Null for every other type.</returns>
    public static JsonObject? OfScalar(Type type)
    {
        if (type.IsEnum)
        {
            // Flags are written as a list of names, which is none of them.
            return type.IsDefined(typeof(FlagsAttribute), inherit: false) ? new JsonObject { ["type"] = "string" } : OfEnum(type);
        }

        if (!Scalars.TryGetValue(type, out var scalar))
        {
            return null;
        }

        var schema = new JsonObject { ["type"] = scalar.Type };
        if (scalar.Format is not null)
        {
            schema["format"] = scalar.Format;
        }

        if (Bounds.TryGetValue(type, out var bounds))
        {
            schema["minimum"] = bounds.Minimum;
            schema["maximum"] = bounds.Maximum;
        }

        if (type == typeof(char))
        {
            schema["minLength"] = 1;
            schema["maxLength"] = 1;
        }

        if (type == typeof(TimeSpan))
        {
            schema["description"] = "A time span, such as 00:01:30 or PT1M30S.";
        }

        return schema;
    }

    /// <summary>The types of a dictionary's keys and values; null when it does not say, or is none.</summary>
    public static (Type Key, Type Value)? EntryOf(Type type) =>
        type.GetInterfaces().Append(type).FirstOrDefault(face => face.IsGenericType && OpenDictionaries.Contains(face.GetGenericTypeDefinition())) is { } dictionary
            ? (dictionary.GetGenericArguments()[0], dictionary.GetGenericArguments()[1])
            : null;

    /// <summary>The type of a list's elements; null when it is no list.</summary>
    public static Type? ElementOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type == typeof(string) || typeof(IDictionary).IsAssignableFrom(type) || EntryOf(type) is not null ? null
        : type.GetInterfaces().Append(type).FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>)) is { } generic
            ? generic.GetGenericArguments()[0]
        : typeof(IList).IsAssignableFrom(type) || type == typeof(IEnumerable) || type == typeof(ICollection) ? typeof(object)
        : null;

    // Code, a variable of the caller's, and a list in several dimensions, of which PowerShell makes none.
    private static bool IsBeyondJson(Type type) =>
        type == typeof(ScriptBlock) || typeof(Delegate).IsAssignableFrom(type) || type == typeof(System.Linq.Expressions.Expression)
        || type == typeof(PSReference)
        || (type.IsArray && type.GetArrayRank() > 1);

    private static JsonObject OfEnum(Type type)
    {
        var names = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)name)]);
        return type.IsDefined(typeof(FlagsAttribute), inherit: false)
            ? new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string", ["enum"] = names } }
            : new JsonObject { ["type"] = "string", ["enum"] = names };
    }

    private static JsonObject OfCredential() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["userName"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 },
            ["password"] = new JsonObject { ["type"] = "string", ["format"] = "password", ["writeOnly"] = true },
        },
        ["required"] = new JsonArray("userName", "password"),
        ["additionalProperties"] = false,
    };
}

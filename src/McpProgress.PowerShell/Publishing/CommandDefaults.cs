using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Text;

namespace McpProgress.PowerShell.Publishing;

/// <summary>The default values of a function's or script's parameters, as far as a caller could send the same.</summary>
internal sealed class CommandDefaults
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the defaults.</summary>
    /// <param name="command">The command.</param>
    public CommandDefaults(CommandInfo command)
    {
        foreach (var parameter in ParametersOf(CommandHelp.AstOf(command)))
        {
            if (parameter.DefaultValue is { } value && IsConstant(value) && TryRead(value, out var constant))
            {
                _values[parameter.Name.VariablePath.UserPath] = constant;
            }
        }
    }

    /// <summary>A parameter's default; null when it has none, when it is a secret, or when the schema does not allow it.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="schema">Its schema.</param>
    public JsonNode? Of(ParameterMetadata parameter, JsonObject schema) =>
        _values.TryGetValue(parameter.Name, out var value) && !IsSecret(schema) && Plain(value, parameter.ParameterType) is { } plain
            ? Fitting(plain, schema)
            : null;

    // Those of a param block, and those between a function's name and its body.
    private static IEnumerable<ParameterAst> ParametersOf(Ast? source) =>
        source?.FindAll(
            ast => ast is ParameterAst && (ast.Parent == source || (ast.Parent is ParamBlockAst block && (block.Parent == source || block.Parent.Parent == source))),
            searchNestedScriptBlocks: true).Cast<ParameterAst>() ?? [];

    // Only what is written down as a constant: any other default may depend on when and where it is asked for.
    private static bool IsConstant(Ast value) => value.Find(
        ast => ast is not (ConstantExpressionAst or ArrayLiteralAst or ArrayExpressionAst or UnaryExpressionAst or StatementBlockAst or PipelineAst or CommandExpressionAst)
            && ast is not VariableExpressionAst { VariablePath.UserPath: "true" or "false" or "True" or "False" },
        searchNestedScriptBlocks: true) is null;

    // Not every operator is for constants (-split 'a b'), and not every constant for its operator (-'a').
    private static bool TryRead(ExpressionAst value, out object? constant)
    {
        constant = null;
        try
        {
            constant = value.SafeGetValue();
            return true;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IContainsErrorRecord)
        {
            return false;
        }
    }

    private static bool IsSecret(JsonObject schema) => schema["writeOnly"] is not null || (schema["items"] is JsonObject items && IsSecret(items));

    // A default is converted as an argument is: [int] $Count = '4' is 4. What JSON has no form for stays as it is written, such as a date.
    private static JsonNode? Plain(object? value, Type type)
    {
        var element = TypeSchema.ElementOf(type) ?? type;
        if (TypeSchema.OfScalar(Nullable.GetUnderlyingType(element) ?? element) is null)
        {
            return PlainJson.Of(value);
        }

        return !LanguagePrimitives.TryConvertTo(value, type, CultureInfo.InvariantCulture, out var converted) ? null
            : converted is Enum named ? JsonArrayOrText(named)
            : PlainJson.Of(converted) ?? PlainJson.Of(value);
    }

    private static JsonNode JsonArrayOrText(Enum named) => named.GetType().IsDefined(typeof(FlagsAttribute), inherit: false)
        ? new JsonArray([.. named.ToString().Split(", ").Select(name => (JsonNode)name)])
        : named.ToString();

    // In the schema's own form, such as one value as a list of one.
    private static JsonNode? Fitting(JsonNode value, JsonObject schema)
    {
        const string Name = "default";
        var arguments = new JsonObject { ["properties"] = new JsonObject { [Name] = schema.DeepClone() } };
        try
        {
            return ArgumentBinder.Bind(arguments.ToElement(), new Dictionary<string, object?> { [Name] = value })[Name]?.DeepClone();
        }
        catch (McpFailureException)
        {
            return null;
        }
    }
}

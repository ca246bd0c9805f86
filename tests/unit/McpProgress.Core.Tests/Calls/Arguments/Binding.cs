using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Core.Calls.Arguments;

namespace McpProgress.Core.Tests.Calls.Arguments;

/// <summary>Short forms for the tests of the binder.</summary>
internal static class Binding
{
    public static JsonElement Schema(string json) => JsonDocument.Parse(json).RootElement;

    /// <summary>An array, as PowerShell makes them.</summary>
    public static object?[] Items(params object?[] items) => items;

    /// <summary>Binds one argument named <c>a</c> and gives what is sent for it.</summary>
    public static JsonNode? Bind(string schema, object? value) => BindAll(Wrap(schema), ("a", value))["a"];

    /// <summary>The same as JSON text.</summary>
    public static string BindText(string schema, object? value) => Bind(schema, value)?.ToJsonString() ?? "null";

    public static JsonObject BindAll(string schema, params (string Name, object? Value)[] arguments) =>
        ArgumentBinder.Bind(Schema(schema), arguments.ToDictionary(argument => argument.Name, argument => argument.Value));

    public static string Fails(string schema, object? value) => FailsAll(Wrap(schema), ("a", value));

    public static string FailsAll(string schema, params (string Name, object? Value)[] arguments)
    {
        var failure = Assert.Throws<McpFailureException>(() => BindAll(schema, arguments));
        Assert.Equal(ErrorIds.InvalidArgument, failure.ErrorId);
        Assert.EndsWith("Nothing was sent.", failure.Message, StringComparison.Ordinal);
        return failure.Message;
    }

    private static string Wrap(string schema) => $$$"""{"type":"object","properties":{"a":{{{schema}}}}}""";
}

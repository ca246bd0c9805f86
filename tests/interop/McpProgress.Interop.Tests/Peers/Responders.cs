using McpProgress.Core.Tasks;

namespace McpProgress.Interop.Tests.Peers;

/// <summary>Whoever answers a server's questions in a test.</summary>
internal static class Responders
{
    /// <summary>Accepts, with these values; <paramref name="asked"/> sees each question first.</summary>
    public static InputResponder Accepting((string Name, object? Value)[] values, Action<InputRequest>? asked = null) => (request, _) =>
    {
        asked?.Invoke(request);
        return Task.FromResult<InputAnswer?>(
            new InputAnswer("accept", values.ToDictionary(value => value.Name, value => value.Value)).CheckedFor(request));
    };

    public static InputResponder Accepting(params (string Name, object? Value)[] values) => Accepting(values, null);

    /// <summary>Declines every question.</summary>
    public static InputResponder Declining { get; } = (_, _) => Task.FromResult<InputAnswer?>(new InputAnswer("decline"));
}

using System.Collections.Concurrent;
using System.Management.Automation;
using McpProgress.Core;
using McpProgress.Core.Events;

namespace McpProgress.PowerShell.Events;

/// <summary>Selects events by their names and connections, with wildcards.</summary>
internal sealed class EventFilter
{
    private const int MostRemembered = 1000;

    private readonly WildcardPattern[] _names;
    private readonly (string Name, WildcardPattern Pattern)[]? _servers;
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <exception cref="McpFailureException">McpInvalidArgument: a pattern is no wildcard pattern.</exception>
    public EventFilter(IEnumerable<string>? names, IEnumerable<string>? servers = null)
    {
        _names = [.. (names ?? ["*"]).Select(name => Pattern(WithoutPrefix(name)))];
        _servers = servers is null ? null : [.. servers.Select(server => (server, Pattern(server)))];
    }

    /// <summary>Whether the event is selected.</summary>
    public bool Selects(in ConnectionEvent happened) => SelectsName(happened.Name) && SelectsServer(happened.Server);

    /// <summary>Whether an event read from a log is selected.</summary>
    public bool Selects(EventLogLine line) => SelectsName(line.Name) && SelectsServer(line.Server);

    /// <summary>Whether events of that name are selected.</summary>
    public bool SelectsName(string name)
    {
        if (_known.TryGetValue(name, out bool selected))
        {
            return selected;
        }

        selected = _names.Any(pattern => pattern.IsMatch(name));
        if (_known.Count < MostRemembered)
        {
            _known[name] = selected;
        }

        return selected;
    }

    private bool SelectsServer(string? server) => _servers is null
        || (server is not null && _servers.Any(meant => string.Equals(meant.Name, server, StringComparison.OrdinalIgnoreCase) || meant.Pattern.IsMatch(server)));

    // Mcp.progress is what the engine's cmdlets call it.
    private static string WithoutPrefix(string name) =>
        name.StartsWith(EventHandlers.EnginePrefix, StringComparison.OrdinalIgnoreCase) ? name[EventHandlers.EnginePrefix.Length..] : name;

    private static WildcardPattern Pattern(string text)
    {
        try
        {
            var pattern = WildcardPattern.Get(text, WildcardOptions.IgnoreCase);
            pattern.IsMatch("");
            return pattern;
        }
        catch (WildcardPatternException exception)
        {
            throw new McpFailureException(ErrorIds.InvalidArgument, $"'{text}' is no wildcard pattern: {exception.Message} Escape a bracket with a backtick.", exception);
        }
    }
}

using System.Text.Json;
using System.Threading.Channels;

namespace McpProgress.Server.Tools;

/// <summary>The updates of a tool that nobody can send any to: a reader that stays empty.</summary>
internal static class NoUpdates
{
    public static ChannelReader<JsonElement> Reader { get; } = Create();

    private static ChannelReader<JsonElement> Create()
    {
        var channel = Channel.CreateUnbounded<JsonElement>();
        channel.Writer.Complete();
        return channel.Reader;
    }
}

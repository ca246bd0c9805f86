using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Tests.Support;

/// <summary>Servers to test against.</summary>
internal static class TestServers
{
    /// <summary>The sample tools without their pauses, with the given tools beside them.</summary>
    public static ToolServerOptions Samples(double progressRate = 0, params ServerTool[] more) => new()
    {
        Tools = new ToolSet([.. SampleTools.All(new SampleOptions { Speed = 1e6 }).Tools, .. more]),
        ProgressRate = progressRate,
    };
}

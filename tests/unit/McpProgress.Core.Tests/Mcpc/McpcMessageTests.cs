using System.Text.Json.Nodes;
using McpProgress.Core.Mcpc;

namespace McpProgress.Core.Tests.Mcpc;

public sealed class McpcMessageTests
{
    private const string MissingIds = "tool_name, session_id, and task_id are required for task messages";

    [Theory]
    [InlineData("created")]
    [InlineData("update")]
    [InlineData("complete")]
    [InlineData("failed")]
    public void A_task_message_has_the_original_members_in_the_original_order(string @event)
    {
        McpcMessage message = McpcMessage.Create(@event, "tool", "s", "t", "text");

        Assert.Equal($$"""{"type":"task","event":"{{@event}}","session_id":"s","task_id":"t","tool_name":"tool","result":"text","protocol":"mcpc"}""", message.ToJson());
    }

    [Fact]
    public void A_server_event_may_have_any_name_and_writes_its_nulls()
    {
        McpcMessage message = McpcMessage.CreateServerEvent("cache.cleared", "s");

        Assert.Equal("""{"type":"server_event","event":"cache.cleared","session_id":"s","task_id":null,"tool_name":null,"result":null,"protocol":"mcpc"}""", message.ToJson());
    }

    [Fact]
    public void The_sequence_number_comes_last_and_only_where_there_is_one() =>
        Assert.EndsWith(""","protocol":"mcpc","seq":7}""", (McpcMessage.Create("update", "tool", "s", "t") with { Sequence = 7 }).ToJson(), StringComparison.Ordinal);

    [Fact]
    public void Letters_stay_letters() =>
        Assert.Contains("\"Größe <ß> 漢\"", McpcMessage.Create("update", "tool", "s", "t", "Größe <ß> 漢").ToJson(), StringComparison.Ordinal);

    [Theory]
    [InlineData(null, "s", "t")]
    [InlineData("tool", "", "t")]
    [InlineData("tool", "s", null)]
    public void A_task_message_needs_all_ids(string? tool, string? session, string? task) =>
        Assert.Equal(MissingIds, Assert.Throws<ArgumentException>(() => McpcMessage.Create("update", tool, session, task)).Message);

    [Fact]
    public void A_task_message_has_an_event_of_a_task() =>
        Assert.Equal("task messages must use one of: created, update, complete, failed", Assert.Throws<ArgumentException>(() => McpcMessage.Create("done", "tool", "s", "t")).Message);

    [Fact]
    public void A_server_event_needs_a_session() =>
        Assert.Equal("session_id is required for server event messages", Assert.Throws<ArgumentException>(() => McpcMessage.CreateServerEvent("any", null)).Message);

    [Fact]
    public void A_missing_type_is_a_task_and_a_missing_protocol_is_mcpc()
    {
        Assert.True(McpcMessage.TryParse("""{"event":"update","session_id":"s","task_id":"t","result":{"progress":1},"extra":true,"seq":3}""", out McpcMessage message));

        Assert.Equal(McpcMessage.TaskType, message.Type);
        Assert.Equal(1, (int)message.Result!["progress"]!);
        Assert.Equal(3, message.Sequence);
    }

    [Fact]
    public void An_unknown_event_is_handed_on()
    {
        Assert.True(McpcMessage.TryParse("""{"event":"paused","session_id":"s","task_id":"t"}""", out McpcMessage message));

        Assert.Equal("paused", message.Event);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Processed d1")]
    [InlineData("[1]")]
    [InlineData("{\"event\":\"update\"")]
    [InlineData("{}")]
    [InlineData("""{"event":"update","task_id":"t"}""")]
    [InlineData("""{"event":"update","session_id":"s"}""")]
    [InlineData("""{"event":"update","session_id":5,"task_id":"t"}""")]
    [InlineData("""{"event":"update","session_id":"s","task_id":"t","protocol":"other"}""")]
    [InlineData("""{"type":"note","event":"update","session_id":"s","task_id":"t"}""")]
    [InlineData("""{"event":"update","event":"failed","session_id":"s","task_id":"t"}""")]
    public void Anything_else_is_no_message(string? text) => Assert.False(McpcMessage.TryParse(text, out _));

    [Fact]
    public void Ids_are_added_to_a_copy_of_the_arguments()
    {
        var arguments = new JsonObject { ["data_id"] = "d1" };

        Assert.Equal("""{"data_id":"d1","mcpc_params":{"session_id":"s","task_id":"t"}}""", McpcDialect.C.AddIds(arguments, "s", "t").ToJsonString());
        Assert.Equal("""{"data_id":"d1","_metadata":{"mcpc_session_id":"s","mcpc_task_id":"t"}}""", McpcDialect.A.AddIds(arguments, "s", "t").ToJsonString());
        Assert.Equal("""{"data_id":"d1"}""", arguments.ToJsonString());
    }
}

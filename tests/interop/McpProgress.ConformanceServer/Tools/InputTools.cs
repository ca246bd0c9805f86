using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;
using static McpProgress.ConformanceServer.Tools.Define;

namespace McpProgress.ConformanceServer.Tools;

/// <summary>Tools that need input in every combination (SEP-2322). They only ask; how that looks on the wire is the server's business.</summary>
internal static class InputTools
{
    private const string Prefix = "test_input_required_result_";

    public static IEnumerable<ServerTool> All =>
    [
        Tool($"{Prefix}elicitation", "Asks for a name.", async (_, context) =>
            ToolResult.FromText($"Hello, {(await context.AskAsync(UserName())).Content["name"]}!")),
        Tool($"{Prefix}sampling", "Asks the model.", async (_, context) =>
            ToolResult.FromText($"The model says: {TextOf(await context.AskAsync(Capital()))}")),
        Tool($"{Prefix}list_roots", "Asks for roots.", async (_, context) =>
            ToolResult.FromText($"The roots: {string.Join(", ", (await context.AskAsync(Roots())).Roots.Select(root => root.Uri))}")),
        Tool($"{Prefix}request_state", "Asks for a confirmation.", async (_, context) =>
            ToolResult.FromText($"state-ok: {(await context.AskAsync(Confirmation())).Content["ok"]}")),
        Tool($"{Prefix}tampered_state", "Asks for a confirmation.", async (_, context) =>
            ToolResult.FromText($"state-ok: {(await context.AskAsync(Confirmation())).Content["ok"]}")),
        Tool($"{Prefix}multiple_inputs", "Asks for three things at once.", async (_, context) =>
        {
            var answers = await context.AskAllAsync(UserName(), Prompt("greeting", "Generate a greeting", 50), Roots());
            return ToolResult.FromText(
                $"{TextOf((CreateMessageResult)answers[1])} {((ElicitationAnswer)answers[0]).Content["name"]}, {((ListRootsResult)answers[2]).Roots.Count} roots");
        }),
        Tool($"{Prefix}multi_round", "Asks twice.", async (_, context) =>
        {
            var name = await context.AskAsync(Question("step1", "Step 1: What is your name?", "name", "string"));
            var color = await context.AskAsync(Question("step2", "Step 2: What is your favorite color?", "color", "string"));
            return ToolResult.FromText($"{name.Content["name"]} likes {color.Content["color"]}.");
        }),
        Tool($"{Prefix}capabilities", "Asks for whatever this client can give.", async (_, context) =>
        {
            ToolQuestion[] possible = [.. new ToolQuestion[] { UserName(), Capital(), Roots() }.Where(context.Takes)];
            return ToolResult.FromText($"{(await context.AskAllAsync(possible)).Count} answers");
        }),
    ];

    private static ElicitationRequest UserName() => Question("user_name", "What is your name?", "name", "string");

    private static ElicitationRequest Confirmation() => Question("confirm", "Please confirm", "ok", "boolean");

    private static SamplingRequest Capital() => Prompt("capital_question", "What is the capital of France?", 100);

    private static RootsRequest Roots() => new() { Key = "client_roots" };
}

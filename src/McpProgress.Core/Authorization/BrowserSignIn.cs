using System.Collections.Specialized;
using System.Net.Sockets;
using System.Web;
using ModelContextProtocol.Authentication;

namespace McpProgress.Core.Authorization;

/// <summary>Lets the user sign in with a browser. The SDK makes the address and checks what comes back.</summary>
/// <param name="target">The server, for messages.</param>
/// <param name="grant">Whose browser, and how long.</param>
/// <param name="time">The clock of that limit.</param>
/// <param name="changed">Told when the user is waited for, and with null when that is over.</param>
internal sealed class BrowserSignIn(string target, SignInGrant grant, TimeProvider time, Action<SignInNotice?> changed)
{
    /// <summary>The SDK's callback: opens the authorization address and waits for the browser to come back.</summary>
    /// <exception cref="McpFailureException">McpConnectionFailed: refused, too slow, or the port is in use.</exception>
    public async Task<AuthorizationResult?> SignInAsync(AuthorizationCallbackContext context, CancellationToken cancellationToken)
    {
        string state = HttpUtility.ParseQueryString(context.AuthorizationUri.Query)["state"] ?? "";
        using LoopbackListener listener = Listen(context.RedirectUri.Port, state);
        using var timer = new CancellationTokenSource(grant.Limit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        Func<Uri, bool> open = grant.OpenBrowser ?? Browser.TryOpen;
        changed(new SignInNotice(context.AuthorizationUri, open(context.AuthorizationUri)));
        try
        {
            NameValueCollection answer = await listener.AnswerAsync(limit.Token).ConfigureAwait(false);
            if (answer["error"] is { } error)
            {
                throw new McpFailureException(ErrorIds.ConnectionFailed, $"{target}: the sign-in was refused: {OAuthError.Describe(error, answer["error_description"])}");
            }

            return new AuthorizationResult { Code = answer["code"], State = answer["state"], Iss = answer["iss"] };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new McpFailureException(
                ErrorIds.ConnectionFailed, $"{target}: nobody signed in within {grant.Limit.TotalMinutes:0.#} minutes. Connect again, and finish the sign-in in the browser.");
        }
        finally
        {
            changed(null);
        }
    }

    private LoopbackListener Listen(int port, string state)
    {
        try
        {
            return new LoopbackListener(port, state);
        }
        catch (SocketException exception)
        {
            throw new McpFailureException(
                ErrorIds.ConnectionFailed,
                $"{target}: nothing can listen for the end of the sign-in on port {port}: {exception.Message}. If another session signs in to the same server, finish that first.",
                exception);
        }
    }
}

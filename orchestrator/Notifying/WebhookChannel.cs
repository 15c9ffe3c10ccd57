using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// Sends notices by HTTP POST. 2xx is delivered. A redirection is none: a signed document goes where the operator said, and
/// nowhere else.
/// </summary>
internal sealed class WebhookChannel(WebhookNotifyAddress address, TimeProvider time) : INoticeChannel
{
    /// <summary>When it was signed, in seconds since 1970, so that a receiver can refuse what somebody recorded and plays again.</summary>
    public const string TimestampHeader = "X-HostSwap-Timestamp";

    /// <summary><c>v1=</c> and, in hexadecimal digits, the HMAC-SHA256 of the timestamp, a dot, and the body.</summary>
    public const string SignatureHeader = "X-HostSwap-Signature";

    private const int MostAnswer = 500;

    /// <inheritdoc/>
    public async Task<string> SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        using var request = Sign(NoticeDocument.Serialize(notice));
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        // The deadline is the caller's, of the attempt as a whole.
        using var client = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = string.Create(CultureInfo.InvariantCulture, $"{address.Url.Authority} answered {(int)response.StatusCode} {response.ReasonPhrase}").TrimEnd();
            if (response.IsSuccessStatusCode)
                return Notice.OneLine(status, MostAnswer);
            var said = await BeginningAsync(response, cancellationToken);
            throw new NotDeliveredException(
                Notice.OneLine(said.Length == 0 ? status : $"{status}: {said}", MostAnswer),
                (int)response.StatusCode is >= 300 and < 400 ? "Redirections are not followed: write the final address into the configuration." : "See the receiver's own log.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new NotDeliveredException($"{address.Url.Authority}: {exception.Message}", "See that it can be reached from this machine, and that its certificate is trusted here.", exception);
        }
    }

    private HttpRequestMessage Sign(byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("HostSwap", null));
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add(TimestampHeader, timestamp);
        if (address.SecretFile is { } file)
        {
            byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp + "."), .. body];
            var hash = HMACSHA256.HashData(SecretFile.Read(file), signed);
            request.Headers.Add(SignatureHeader, $"v1={Convert.ToHexStringLower(hash)}");
        }

        return request;
    }

    private static async Task<string> BeginningAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MostAnswer];
        var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, count).Trim();
    }
}

using System.Net;
using System.Net.Http;

namespace HostSwap.Lab.Guests;

/// <summary>Runs commands in a guest that was started with <c>hs.http</c>.</summary>
public static class GuestShell
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Runs a line of its shell, and returns what that has printed.</summary>
    public static async Task<string> RunAsync(IPAddress guest, string line, CancellationToken cancellationToken)
    {
        using var content = new StringContent(line + "\n");
        using var answer = await Client.PostAsync(new Uri($"http://{guest}/cgi-bin/sh"), content, cancellationToken);
        return (await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken)).Trim();
    }
}

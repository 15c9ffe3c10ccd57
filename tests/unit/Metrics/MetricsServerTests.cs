using System.Net;
using System.Net.Sockets;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Metrics;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Metrics;

public sealed class MetricsServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_serves_metrics_and_nothing_else_until_it_is_ended()
    {
        var (making, most, warned) = (0, 0, new List<string>());
        var failing = false;
        using var end = new CancellationTokenSource();
        var address = new IPEndPoint(IPAddress.Loopback, FreePort());
        using var server = new MetricsServer(
            address,
            async token =>
            {
                most = Math.Max(most, Interlocked.Increment(ref making));
                await Task.Delay(20, token);
                Interlocked.Decrement(ref making);
                return failing ? throw new EnvironmentException("the journal is gone", "r") : "a 1\n"u8.ToArray();
            },
            warned.Add,
            TimeProvider.System);
        var running = server.RunAsync(end.Token);
        using var client = new HttpClient();
        var metrics = new Uri($"http://{address}/metrics");

        var pages = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.GetStringAsync(metrics, Token)));
        pages.ShouldAllBe(static page => page == "a 1\n");
        most.ShouldBe(1);
        using (var page = await client.GetAsync(metrics, Token))
            page.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        (await StatusAsync(HttpMethod.Get, "/")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(HttpMethod.Get, "/metrics/x")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(HttpMethod.Post, "/metrics")).ShouldBe(HttpStatusCode.MethodNotAllowed);
        failing = true;
        (await StatusAsync(HttpMethod.Get, "/metrics")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        warned.ShouldBe(["metrics could not be read: the journal is gone"]);
        Should.Throw<EnvironmentException>(() => new MetricsServer(address, static _ => Task.FromResult(Array.Empty<byte>()), static _ => { }, TimeProvider.System))
            .Message.ShouldStartWith($"metrics cannot be served at {address}: ");

        await end.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(10), Token);

        async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, new Uri($"http://{address}{path}"));
            using var response = await client.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

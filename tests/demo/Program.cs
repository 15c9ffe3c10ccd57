using System.Runtime.InteropServices;
using HostSwap.Demo;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

// Swaps a real host while guests run, and proves from outside and from inside each guest that nobody noticed.
//   hostswap-demo [--hostctl FILE] [--out DIRECTORY]   runs it; KEEP=1 in the environment keeps it for a look around
//   hostswap-demo refresh [OPTION…]                    refreshes one by itself instead, from a package's newer version to the report
//   hostswap-demo clean                                removes what killed or kept demos have left
using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals =
[
    .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stop.Cancel();
    })),
];
try
{
    if (args is ["clean"])
    {
        await DockerCli.RequireEngineAsync(stop.Token);
        foreach (var id in await LabJanitor.RemoveLeftoversAsync(stop.Token)) Console.WriteLine($"removed lab {id}");
        return 0;
    }

    var refresh = args is ["refresh", ..];
    if (DemoOptions.TryParse(refresh ? args[1..] : args) is not { } options)
    {
        await Console.Error.WriteLineAsync("usage: hostswap-demo [refresh] [--hostctl FILE] [--out DIRECTORY] | hostswap-demo clean");
        return 2;
    }

    await Repository.RequireAsync(stop.Token);
    return refresh ? await new RefreshDemo(options).RunAsync(stop.Token) : await new DemoRun(options).RunAsync(stop.Token);
}
catch (LabException exception)
{
    await Console.Error.WriteLineAsync($"demo: {exception.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("demo: interrupted; everything has been removed");
    return 130;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}

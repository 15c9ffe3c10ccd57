using HostSwap.Lab.Processes;

namespace HostSwap.Lab;

/// <summary>The Docker engine that <c>tests/lab/with-docker</c> starts where none runs: the only one that tests may stop.</summary>
public static class PrivateEngine
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Whether it is the one in use.</summary>
    public static bool IsUsed =>
        Environment.GetEnvironmentVariable("DOCKER_HOST")?.Contains("hostswap-dev", StringComparison.Ordinal) == true;

    /// <summary>Restarts it; containers live on.</summary>
    /// <param name="whileDown">A command to run while it is down; empty for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task RestartAsync(IReadOnlyList<string> whileDown, CancellationToken cancellationToken)
    {
        if (!IsUsed) throw new LabException("the Docker in use is this machine's own, which tests do not restart: run this where none runs");
        var script = Path.Join(Repository.Root, "tests", "lab", "with-docker");
        (await Command.RunAsync(script, ["--restart-engine", .. whileDown], cancellationToken, Limit)).Succeeded();
    }

    /// <summary>Cuts the power of one lab's outer host and boots it again, up to where Docker runs.</summary>
    public static async Task CutPowerAsync(Hosts.OuterHostLab lab, CancellationToken cancellationToken)
    {
        var containers = await DockerCli.InspectAsync(await lab.ContainersAsync(cancellationToken), cancellationToken);
        var inits = containers.Select(static container => container.GetProperty("State").GetProperty("Pid").GetInt32()).Where(static pid => pid > 0);
        var script = Path.Join(Repository.Root, "tests", "lab", "power-cut");
        await RestartAsync([script, lab.Paths.Runtime, .. inits.Select(static pid => pid.ToString(System.Globalization.CultureInfo.InvariantCulture))], cancellationToken);
    }
}

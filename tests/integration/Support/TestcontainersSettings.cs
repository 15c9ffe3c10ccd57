using System.Runtime.CompilerServices;

namespace HostSwap.IntegrationTests.Support;

/// <summary>Testcontainers reads its settings once, before the first test.</summary>
internal static class TestcontainersSettings
{
#pragma warning disable CA2255 // This assembly is a program, not a library: nobody else loads it.
    [ModuleInitializer]
#pragma warning restore CA2255
    public static void Set()
    {
        // Its collector is an image of a registry, and none is needed to run these tests.
        Environment.SetEnvironmentVariable("TESTCONTAINERS_RYUK_DISABLED", "true");
        // Older engines refuse clients that insist on their own version; 1.41 is the oldest that we support.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DOCKER_API_VERSION")))
            Environment.SetEnvironmentVariable("DOCKER_API_VERSION", "1.41");
    }
}

using CoopGrid.Model;
using CoopGrid.Silo.Ledger.Sqlite;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger.Sqlite;

public sealed class SqliteGrainStateConformance : GrainStateConformance<SqliteStores>
{
    [Fact]
    public async Task Many_grains_write_at_once_and_a_flush_leaves_them_in_the_file()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Storage.WriteStateAsync(
            "memberState", GrainId.Create("member", $"isle/m{i}"), new GrainState<ClassPolicy>(new() { Version = i }))));
        await Stores.Storage.Checkpoints.FlushAsync(TestContext.Current.CancellationToken);

        // The file without its log holds them all. Seen to fail with FlushAsync doing nothing.
        File.Copy(Stores.File("checkpoints.db"), Stores.File("copy.db"));
        using var session = new SqliteSession(Stores.File("copy.db"), Microsoft.Data.Sqlite.SqliteOpenMode.ReadWrite, "");
        Assert.Equal(500L, session.Scalar("SELECT count(*) FROM OrleansStorage"));
    }
}
